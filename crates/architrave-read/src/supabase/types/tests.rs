//! Generated types with and without semicolons, and what is no such file.

use super::read;

const TYPES: &str = r#"export type Json = string | { [key: string]: Json | undefined } | Json[]

export type Database = {
  __InternalSupabase: { PostgrestVersion: "12" }
  auth: { Tables: { users: { Row: { id: string } } } }
  public: {
    Tables: {
      teams: {
        Row: {
          id: string
          plan: Database["public"]["Enums"]["plan"] | null
          "odd name": number
          tags: string[]
        }
        Insert: { id?: string }
        Relationships: []
      }
      members: {
        Row: {
          meta: Json;
          team_id: string;
          user_id: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "members_team_id_fkey"
            columns: ["team_id"]
            isOneToOne: true
            referencedRelation: "teams"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "members_view_fkey"
            columns: ["team_id"]
            isOneToOne: false
            referencedRelation: "a_view"
            referencedColumns: ["id"]
          },
        ]
      }
    }
    Views: { [_ in never]: never }
    Enums: {
      plan:
        | "free"
        | "paid"
    }
  }
}
"#;

#[test]
fn tables_columns_enums_and_foreign_keys_are_read() {
    let found = read("types/database.types.ts", TYPES).unwrap();
    let statements: Vec<String> = found.script.statements.iter().map(|s| format!("{}: {}", s.line, s.text)).collect();
    assert_eq!(found.tables, 2);
    assert_eq!(
        statements,
        [
            "44: create type public.plan as enum ('free', 'paid')",
            "8: create table public.teams (id text not null, plan public.plan, \"odd name\" numeric not null, tags text[] not null)",
            "18: create table public.members (meta jsonb not null, team_id text not null, user_id text)",
            "18: alter table public.teams add unique (id)",
            "18: alter table public.members add unique (team_id)",
            "18: alter table public.members add constraint members_team_id_fkey foreign key (team_id) references public.teams (id)",
        ]
    );
}

#[test]
fn other_files_and_broken_ones_give_nothing_and_end() {
    for text in [
        "",
        "export const x = 1",
        "export type Database = MergeDeep<A, B>",
        "type Database = {",
        "type Database = { public: { Tables: { a: { Row: {",
    ] {
        assert!(read("database.types.ts", text).is_none(), "{text}");
    }
    let deep = format!("type Database = {}", "{ a: ".repeat(500));
    assert!(read("database.types.ts", &deep).is_none());
    assert!(read("database.types.ts", "type Database = { public: { Tables: [[[ ??? }").is_none());
}
