"""The addresses of Passages: pages, the API, the admin."""

from django.contrib import admin
from django.urls import include, path

from .api import api
from .health import health

urlpatterns = [
    path("health/", health, name="health"),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("", include("interviews.urls")),
    path("", include("coding.urls")),
]
