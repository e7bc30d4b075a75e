import type { Schema } from './databaseSchema';

export const RUN_SCHEMA: Schema = {
  // Pages are small because most runs are small, and each has a database of its own.
  pageBytes: 512,
  steps: [
    `CREATE TABLE state (section TEXT PRIMARY KEY, json TEXT) WITHOUT ROWID;
     CREATE TABLE journal (file TEXT PRIMARY KEY, json TEXT) WITHOUT ROWID;
     CREATE TABLE piece (id INTEGER PRIMARY KEY, writer TEXT, worker TEXT, attempt INTEGER, key TEXT);
     CREATE TABLE chunk (id INTEGER PRIMARY KEY, n INTEGER, head BLOB, step BLOB, epoch BLOB, ts BLOB, value BLOB);
     CREATE TABLE log (id INTEGER PRIMARY KEY, seq INTEGER, ts INTEGER, worker TEXT, level TEXT, message TEXT,
       logger TEXT, step REAL, fields TEXT);
     CREATE TABLE event (id INTEGER PRIMARY KEY, writer TEXT, worker TEXT, attempt INTEGER, seq INTEGER, ts INTEGER,
       type TEXT, at TEXT, payload TEXT);`,
    // The lines that logged the points: [[file:line, first seq, last seq, count], …]; NULL from versions that did not keep them.
    'ALTER TABLE piece ADD COLUMN sites TEXT;',
  ],
};
