"""What the query view asks of the database: the frame of a study, cross-tabulations, and the passages behind a cell."""
