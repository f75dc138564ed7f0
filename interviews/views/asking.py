"""What views ask of a request."""


def is_script(request):
    """Whether a script asks, for a piece of a page."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"
