/** What is used of sql.js: SQLite compiled to WebAssembly, which brings no types. */
declare module 'sql.js' {
  type SqlValue = number | string | Uint8Array | null;

  export interface Statement {
    bind(values: SqlValue[]): boolean;
    step(): boolean;
    get(): SqlValue[];
    free(): boolean;
  }

  export interface Database {
    prepare(sql: string, values?: SqlValue[]): Statement;
    run(sql: string, values?: SqlValue[]): Database;
    export(): Uint8Array;
    close(): void;
  }

  export default function initSqlJs(): Promise<{ Database: new (file?: Uint8Array) => Database }>;
}
