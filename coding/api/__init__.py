"""The API of what was found: the codebook, codings and counts."""

from ninja import Router

router = Router()
