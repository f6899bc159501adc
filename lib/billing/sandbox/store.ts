import { type Change, Journal } from './journal';
import { type TableName, type Tables, tableNames } from './tables';

type Row = { id: string };
type Undo = { table: TableName; id: string; before: Row | undefined };

/**
 * All rows, in memory, in the order in which they were made. Rows are never changed in place: a new one takes the old one's
 * place, so that a transaction that fails can put the old ones back.
 */
export class Store {
  private readonly tables = new Map<TableName, Map<string, Row>>(tableNames.map((name) => [name, new Map()]));
  private undo: Undo[] | null = null;
  private journal: Journal | null = null;

  /** A store that lives in memory, and in a file where one is named. */
  static async open(file: string | undefined): Promise<Store> {
    const store = new Store();
    if (file !== undefined) {
      store.journal = await Journal.open(
        file,
        (changes) => {
          for (const change of changes) store.apply(change);
        },
        () => store.snapshot(),
      );
    }
    return store;
  }

  get<Name extends TableName>(table: Name, id: string): Tables[Name] | undefined {
    return this.rows(table).get(id);
  }

  /** Writes a row: a new one, or in place of the one of the same id. */
  put<Name extends TableName>(table: Name, row: Tables[Name]): void {
    this.note(table, row.id);
    this.rows(table).set(row.id, row);
  }

  remove(table: TableName, id: string): void {
    this.note(table, id);
    this.rows(table).delete(id);
  }

  /** The rows of a table, the oldest first. */
  all<Name extends TableName>(table: Name): Tables[Name][] {
    return [...this.rows(table).values()];
  }

  /** The rows that pass, the oldest first. */
  where<Name extends TableName>(table: Name, isWanted: (row: Tables[Name]) => boolean): Tables[Name][] {
    return this.all(table).filter(isWanted);
  }

  /** The oldest row. */
  first<Name extends TableName>(table: Name): Tables[Name] | undefined {
    return this.rows(table).values().next().value;
  }

  count(table: TableName): number {
    return this.rows(table).size;
  }

  /**
   * Runs `work`, which must not wait for anything, as one change: what it throws undoes it, unless `keeps` says that this
   * error is a result too. Whether it is on the disk, `flushed` says.
   */
  transaction<T>(work: () => T, keeps: (error: unknown) => boolean = () => false): T {
    if (this.undo) return work();
    const undo: Undo[] = [];
    this.undo = undo;
    try {
      const result = work();
      this.commit(undo);
      return result;
    } catch (error) {
      if (keeps(error)) this.commit(undo);
      else this.rollBack(undo);
      throw error;
    } finally {
      this.undo = null;
    }
  }

  /** Runs `work` and then undoes what it has written: what would come of it. */
  rehearse<T>(work: () => T): T {
    const outer = this.undo;
    const undo = outer ?? [];
    const before = undo.length;
    this.undo = undo;
    try {
      return work();
    } finally {
      this.rollBack(undo.splice(before));
      this.undo = outer;
    }
  }

  /** Resolves when all transactions so far are on the disk. */
  async flushed(): Promise<void> {
    await this.journal?.flushed();
  }

  async close(): Promise<void> {
    await this.journal?.close();
  }

  private commit(undo: Undo[]): void {
    if (!this.journal || undo.length === 0) return;
    const touched = new Map(undo.map((entry) => [`${entry.table} ${entry.id}`, entry]));
    this.journal.append(
      [...touched.values()].map(({ table, id }) => ({ t: table, id, v: this.rows(table).get(id) ?? null })),
    );
  }

  private rollBack(undo: Undo[]): void {
    for (const { table, id, before } of undo.reverse()) {
      if (before) this.rows(table).set(id, before as never);
      else this.rows(table).delete(id);
    }
  }

  private note(table: TableName, id: string): void {
    if (!this.undo) throw new Error('A row is written outside of a transaction');
    this.undo.push({ table, id, before: this.rows(table).get(id) });
  }

  private apply({ t, id, v }: Change): void {
    const rows = this.tables.get(t as TableName);
    // A table that a later version has done without is nothing to fail for.
    if (!rows) return;
    if (v === null) rows.delete(id);
    else rows.set(id, v as Row);
  }

  private snapshot(): Change[] {
    return tableNames.flatMap((name) => [...this.rows(name)].map(([id, row]) => ({ t: name, id, v: row })));
  }

  private rows<Name extends TableName>(table: Name): Map<string, Tables[Name]> {
    return this.tables.get(table) as unknown as Map<string, Tables[Name]>;
  }
}
