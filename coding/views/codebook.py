from django.http import Http404


def show_codebook(request, **kwargs):
    raise Http404
