"""SQLite, with its writers in a queue.

SQLite has one writer at a time, and those who wait poll with growing sleeps, which starves some. Within the one
process that serves Passages a lock in front of each transaction lets them through in turn instead.
"""

import threading

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

WRITER = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    _writing = False

    def _start_transaction_under_autocommit(self):
        if not WRITER.acquire(timeout=self.settings_dict["OPTIONS"].get("timeout", 20)):
            raise OperationalError("database is locked")
        self._writing = True
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._let_next_write()
            raise

    def _let_next_write(self):
        if self._writing:
            self._writing = False
            WRITER.release()

    def _commit(self):
        try:
            return super()._commit()
        finally:
            if self.connection is None or not self.connection.in_transaction:
                self._let_next_write()

    def _rollback(self):
        try:
            return super()._rollback()
        finally:
            self._let_next_write()

    def _close(self):
        try:
            return super()._close()
        finally:
            self._let_next_write()
