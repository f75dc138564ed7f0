from django.http import Http404


def list_studies(request, **kwargs):
    raise Http404


def create_study(request, **kwargs):
    raise Http404


def delete_study(request, **kwargs):
    raise Http404


def list_history(request, **kwargs):
    raise Http404
