"""The JSON API: each app brings its routers, scripts bring a token, pages their session."""

from django.core.exceptions import PermissionDenied
from ninja import NinjaAPI
from ninja.security import django_auth

from interviews.tokens import TokenAuth

api = NinjaAPI(
    title="Passages",
    version="1",
    description="What the pages of Passages use, for scripts: sign in with “Authorization: Bearer <token>”.",
    auth=[TokenAuth(), django_auth],
    urls_namespace="api",
    openapi_url="/openapi.json",
    docs_url="/docs",
)


@api.exception_handler(PermissionDenied)
def not_allowed(request, error):
    return api.create_response(
        request, {"detail": str(error) or "Your role does not allow this."}, status=403
    )


api.add_router("", "interviews.api.router")
api.add_router("", "coding.api.router")
