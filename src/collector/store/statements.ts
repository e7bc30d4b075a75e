/** The prepared statements of one database. Each is prepared once and found by its text. */
import type { Database, Statement } from 'sql.js';

export class Statements {
  private readonly byText = new Map<string, Statement>();

  constructor(private readonly database: Database) {}

  get(text: string): Statement {
    let statement = this.byText.get(text);
    if (!statement) {
      statement = this.database.prepare(text);
      this.byText.set(text, statement);
    }
    return statement;
  }

  /** Forgets the statements, which are freed when their database closes. */
  clear(): void {
    this.byText.clear();
  }
}
