"""What the log has of a request that was refused: one line, as nothing is wrong with the program."""

import logging


class WithoutTraceback(logging.Filter):
    def filter(self, record):
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True
