from django.http import Http404


def list_respondents(request, **kwargs):
    raise Http404
