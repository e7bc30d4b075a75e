import type { Schema } from './databaseSchema';

/** Keys are ids of `name`, because there are few of them and each run has most. Rows of one key are adjacent. */
export const CATALOG_SCHEMA: Schema = {
  pageBytes: 1024,
  steps: [
    `CREATE TABLE run (id INTEGER PRIMARY KEY, run_id TEXT UNIQUE, status TEXT, name TEXT, experiment TEXT, phase TEXT,
       parent TEXT, starred INTEGER, created INTEGER, started INTEGER, ended INTEGER, attempt INTEGER,
       journals TEXT);
     CREATE TABLE body (run INTEGER PRIMARY KEY, row TEXT, params TEXT, metrics TEXT, tags TEXT);
     CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT UNIQUE);
     CREATE TABLE param (key INTEGER, run INTEGER, num REAL, text TEXT, PRIMARY KEY (key, run)) WITHOUT ROWID;
     CREATE TABLE tag (key INTEGER, run INTEGER, num REAL, text TEXT, PRIMARY KEY (key, run)) WITHOUT ROWID;
     CREATE TABLE metric (key INTEGER, run INTEGER, last REAL, min REAL, max REAL, mean REAL, PRIMARY KEY (key, run))
       WITHOUT ROWID;`,
    // Existing rows lack these columns, so all runs are checked again.
    `ALTER TABLE run ADD COLUMN size INTEGER;
     ALTER TABLE run ADD COLUMN files_size INTEGER;
     ALTER TABLE run ADD COLUMN trashed INTEGER;
     ALTER TABLE run ADD COLUMN kept INTEGER;
     UPDATE run SET journals = '';`,
  ],
};
