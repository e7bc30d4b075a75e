/** Names of the files in a run's directory. */

/** The projection of the run's journals. */
export const RUN_DATABASE = 'run.sqlite';
/**
 * The run.sqlite of the time when the run was sealed. It is kept while a resumed run writes a new one: the journals behind
 * it are gone, so run.sqlite can only be rebuilt from it and the later journals.
 */
export const SEALED_DATABASE = 'sealed.sqlite';

export const COMMANDS_JOURNAL = 'commands.xtj';
/** Groups: worker, attempt, writer. */
export const EVENT_JOURNAL = /^events-(.+)-(\d{1,9})-([^-]+)\.xtj$/;
/** Group: the editor's writer. */
export const USER_JOURNAL = /^user-(.+)\.xtj$/;

export function isJournalName(name: string): boolean {
  return name === COMMANDS_JOURNAL || EVENT_JOURNAL.test(name) || USER_JOURNAL.test(name);
}

/** True for the journal of a process that took part in the run. Only those are ever removed, never edits or commands. */
export function isEventJournal(name: string): boolean {
  return EVENT_JOURNAL.test(name);
}
