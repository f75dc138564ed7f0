from django.http import Http404


def show_query(request, **kwargs):
    raise Http404
