from django.http import Http404


def show_study(request, **kwargs):
    raise Http404
