"""Uploads that are too large are not kept, whoever sends them and to whichever page."""

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class LimitedUpload(FileUploadHandler):
    """Comes first of the handlers: passes on a file's bytes up to the limit and drops the rest.

    A file above the limit arrives in the view empty, with its true ``size``.
    """

    def receive_data_chunk(self, raw_data, start):
        return raw_data if start <= settings.MAX_UPLOAD_BYTES else None

    def file_complete(self, file_size):
        if file_size <= settings.MAX_UPLOAD_BYTES:
            return None
        return UploadedFile(ContentFile(b""), self.file_name, self.content_type, file_size)
