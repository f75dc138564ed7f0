"""SQLite, with its writers in a queue.

SQLite has one writer at a time, and those who wait poll with growing sleeps, which starves some. Within the one
process that serves Passages a lock in front of each transaction lets them through in turn instead.

A statement that would take longer than STATEMENT_SECONDS is interrupted. Its steps are counted, not its time: rows that
somebody takes slowly are no reason.
"""

import threading

from django.conf import settings
from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

WRITER = threading.Lock()
STEPS_A_SECOND = 50_000_000  # of SQLite's virtual machine on a slow computer
STEPS_AT_ONCE = 1_000_000


class DatabaseWrapper(base.DatabaseWrapper):
    _writing = False
    _steps = 0

    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        if settings.STATEMENT_SECONDS:
            most = settings.STATEMENT_SECONDS * STEPS_A_SECOND // STEPS_AT_ONCE

            def is_too_much():
                self._steps += 1
                return self._steps > most

            connection.set_progress_handler(is_too_much, STEPS_AT_ONCE)
        return connection

    def create_cursor(self, name=None):
        self._steps = 0  # each statement has a cursor of its own
        return super().create_cursor(name)

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
