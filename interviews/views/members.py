from django.http import Http404


def list_members(request, **kwargs):
    raise Http404
