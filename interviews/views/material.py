from django.http import Http404


def import_transcripts(request, **kwargs):
    raise Http404
