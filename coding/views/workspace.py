from django.http import Http404


def show_transcript(request, **kwargs):
    raise Http404
