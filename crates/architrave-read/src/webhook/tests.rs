//! Handlers as people write them, and what is told of each.

use crate::testing::project;
use architrave_model::script::Location;
use architrave_model::webhook::{Answer, Next, RunsEvents, SampleEvent, Verification, WebhookHandler};
use std::fmt::Write;

fn at(place: &Location) -> String {
    format!("{}:{}", place.path.rsplit('/').next().unwrap(), place.line)
}

/// A handler in a few lines.
fn told(h: &WebhookHandler) -> String {
    let verification = match &h.verification {
        Verification::Verified { location } => format!("verified {}", at(location)),
        Verification::Rewritten { location } => format!("rewritten {}", at(location)),
        Verification::Missing => "unverified".to_owned(),
        Verification::Unknown { .. } => "unknown".to_owned(),
    };
    let mut out = format!("{} {} {verification}", at(&h.location), h.language);
    if h.handles_deletion == Some(false) {
        out.push_str(", deletion ignored");
    }
    for (says, what) in [(h.reads_update_time, "time"), (h.stores_message_id, "message id"), (h.behind_token, "behind token")] {
        if says {
            write!(out, ", {what}").unwrap();
        }
    }
    if let Some(first) = &h.first_email {
        write!(out, ", first e-mail {}", at(first)).unwrap();
    }
    for (loss, place) in &h.losses {
        write!(out, ", {loss:?} {}", at(place)).unwrap();
    }
    for w in &h.writes {
        let unless = if w.unless_found { " unless found" } else { "" };
        write!(out, "\n  {} {:?} {} {}{unless}", w.event, w.verb, w.table, at(&w.location)).unwrap();
    }
    out
}

/// All handlers of these files.
fn handlers(files: &[(&str, &str)]) -> String {
    let all: Vec<String> = project(files).stack.webhooks.handlers.iter().map(told).collect();
    all.join("\n")
}

#[track_caller]
fn one(path: &str, source: &str, expected: &str) {
    assert_eq!(handlers(&[(path, source)]), expected);
}

#[test]
fn a_route_of_next_with_supabase() {
    let source = r#"import { verifyWebhook } from "@clerk/nextjs/webhooks";
import { createClient } from "@supabase/supabase-js";
export async function POST(req: NextRequest) {
  const db = createClient(process.env.URL!, process.env.KEY!);
  try {
    const evt = await verifyWebhook(req);
    if (evt.type === "user.created" || evt.type === "user.updated") {
      const { id, email_addresses, primary_email_address_id } = evt.data;
      const email = email_addresses.find((e) => e.id === primary_email_address_id)?.email_address ?? null;
      const { error } = await db.from("profiles").upsert({ clerk_id: id, email }, { onConflict: "clerk_id" });
      if (error) return new Response(error.message, { status: 500 });
    }
    if (evt.type === "user.deleted") {
      await db.from("profiles").delete().eq("clerk_id", evt.data.id);
    }
    return new Response("ok");
  } catch (err) {
    return new Response("bad", { status: 400 });
  }
}
"#;
    let expected = "route.ts:3 TypeScript verified route.ts:6, ResultIgnored route.ts:14
  user.created Upsert profiles route.ts:10
  user.deleted Delete profiles route.ts:14
  user.updated Upsert profiles route.ts:10";
    one("app/api/webhooks/clerk/route.ts", source, expected);
}

#[test]
fn verification_and_statements_behind_imports_are_followed() {
    let route = r#"import { checked } from "@/lib/clerk-webhook";
import { saveUser, removeUser } from "../../../server/users";
export const POST = async (request: Request) => {
  const event = await checked(request);
  if (!event) return new Response("no", { status: 400 });
  const actions = { "user.created": saveUser, "user.updated": saveUser, "user.deleted": removeUser };
  await actions[event.type]?.(event.data);
  return Response.json({ ok: true });
};
"#;
    let verify = r#"import { Webhook } from "svix";
import { headers } from "next/headers";
export async function checked(request: Request) {
  const body = await request.text();
  const h = await headers();
  try {
    return new Webhook(process.env.CLERK_WEBHOOK_SECRET as string).verify(body, { "svix-id": h.get("svix-id")! });
  } catch { return null; }
}
"#;
    let users = r#"import { db } from "@/db";
import { users } from "@/db/schema";
import { eq } from "drizzle-orm";
export async function saveUser(data: any) {
  await db.insert(users).values({ clerkId: data.id, name: data.first_name })
    .onConflictDoUpdate({ target: users.clerkId, set: { name: data.first_name } });
}
export const removeUser = async ({ id }: { id: string }) => db.delete(users).where(eq(users.clerkId, id));
"#;
    let schema = r#"import { pgTable, text } from "drizzle-orm/pg-core";
export const users = pgTable("app_users", { clerkId: text("clerk_id").primaryKey(), name: text("name") });
"#;
    let files = [
        ("src/app/hooks/route.ts", route),
        ("src/lib/clerk-webhook.ts", verify),
        ("server/users.ts", users),
        ("src/db/schema.ts", schema),
        ("db/schema.ts", schema),
    ];
    // The route itself does not name Clerk's events alone: it names them, and Clerk.
    let expected = "route.ts:3 TypeScript verified clerk-webhook.ts:7
  user.created Upsert app_users users.ts:5
  user.deleted Delete app_users users.ts:8
  user.updated Upsert app_users users.ts:5";
    assert_eq!(handlers(&files), expected);
}

#[test]
fn express_with_sql_an_order_guard_and_a_ledger() {
    let source = r#"const { Webhook } = require("svix");
const { Pool } = require("pg");
const pool = new Pool();
// Clerk
app.post("/webhooks/clerk", express.raw({ type: "application/json" }), async (req, res) => {
  const wh = new Webhook(process.env.SECRET);
  let evt;
  try { evt = wh.verify(req.body, req.headers); } catch (e) { return res.status(400).json({}); }
  const seen = await pool.query("insert into webhook_events (svix_id) values ($1) on conflict do nothing returning svix_id", [req.headers["svix-id"]]);
  switch (evt.type) {
    case "user.created":
    case "user.updated":
      await pool.query("insert into users (clerk_id, seen_at) values ($1, to_timestamp($2 / 1000.0)) on conflict (clerk_id) do update set seen_at = excluded.seen_at where users.seen_at < excluded.seen_at", [evt.data.id, evt.data.updated_at]);
      break;
    case "user.deleted":
      try { await pool.query("delete from users where clerk_id = $1", [evt.data.id]); } catch (e) { console.error(e); }
      break;
  }
  res.json({ received: true });
});
"#;
    let expected = "server.js:5 JavaScript verified server.js:8, time, message id
  user.created Upsert users server.js:13
  user.deleted Delete users server.js:16
  user.updated Upsert users server.js:13";
    one("server.js", source, expected);
}

#[test]
fn hono_fastify_and_edge_functions() {
    let hono = "import { verifyWebhook } from '@clerk/backend/webhooks'\napp.post('/clerk', async (c) => {\n  const evt = await verifyWebhook(c.req.raw)\n  if (evt.type === 'user.created') { await prisma.user.create({ data: { clerkId: evt.data.id } }) }\n  return c.json({ ok: true })\n})\n";
    one("src/hono.ts", hono, "hono.ts:2 TypeScript verified hono.ts:3, deletion ignored\n  user.created Insert user hono.ts:4");
    let fastify = "import { Webhook } from 'svix'\n// clerk\nexport default async function (fastify) {\n  fastify.post('/hook', async (request, reply) => {\n    const evt = new Webhook(process.env.S).verify(request.rawBody, request.headers)\n    if (evt.type !== 'user.created') return reply.code(200).send()\n    const existing = await prisma.user.findUnique({ where: { clerkId: evt.data.id } })\n    if (!existing) await prisma.user.create({ data: { clerkId: evt.data.id, email: evt.data.email_addresses[0].email_address } })\n    return reply.code(200).send()\n  })\n}\n";
    one(
        "src/hook.js",
        fastify,
        "hook.js:4 JavaScript verified hook.js:5, deletion ignored, first e-mail hook.js:8\n  user.created Insert user hook.js:8 unless found",
    );
    let deno = "import { Webhook } from 'npm:svix'\n// Clerk\nDeno.serve(async (req) => {\n  const payload = await req.text()\n  const { type, data } = new Webhook(Deno.env.get('S')!).verify(payload, Object.fromEntries(req.headers))\n  if (type === 'user.deleted') {\n    const res = await fetch(`${Deno.env.get('URL')}/rest/v1/profiles?clerk_id=eq.${data.id}`, { method: 'DELETE' })\n    if (!res.ok) return new Response('no', { status: 500 })\n  }\n  return new Response('ok')\n})\n";
    assert_eq!(
        handlers(&[("supabase/functions/clerk/index.ts", deno), ("supabase/config.toml", "project_id = 'x'\n")]),
        "index.ts:3 TypeScript verified index.ts:5, behind token\n  user.deleted Delete profiles index.ts:7"
    );
    let open = "[functions.clerk]\nverify_jwt = false\n";
    assert!(!handlers(&[("supabase/functions/clerk/index.ts", deno), ("supabase/config.toml", open)]).contains("behind"));
}

#[test]
fn bodies_that_are_written_again_and_failures_that_are_swallowed() {
    let source = r#"import { Webhook } from "svix"; // clerk
export async function POST(req: Request) {
  const payload = await req.json();
  const body = JSON.stringify(payload);
  const evt = new Webhook(secret).verify(body, {}) as any;
  if (evt.type === "user.created") {
    try {
      await db.insert(users).values({ id: evt.data.id });
    } catch (e) {
      console.error(e);
    }
  }
  if (evt.type === "user.updated") {
    db.update(users).set({ name: evt.data.first_name }).where(eq(users.id, evt.data.id));
  }
  return new Response("ok");
}
"#;
    let expected = "route.ts:2 TypeScript rewritten route.ts:5, deletion ignored, Caught route.ts:8, NotAwaited route.ts:14
  user.created Insert users route.ts:8
  user.updated Update users route.ts:14";
    one("app/route.ts", source, expected);
}

#[test]
fn handlers_of_python() {
    let fastapi = r#"from svix.webhooks import Webhook, WebhookVerificationError
from app.models import User
CLERK = settings.CLERK_SECRET
def save(db, data: dict):
    user = db.query(User).filter(User.clerk_id == data["id"]).first()
    if user:
        user.email = data.get("email_addresses", [{}])[0].get("email_address")
    else:
        db.add(User(clerk_id=data["id"], name=data.get("first_name")))
    db.commit()
@router.post("/clerk")
async def hook(request: Request, db: Session = Depends(get_db)):
    payload = await request.body()
    try:
        event = Webhook(CLERK).verify(payload, dict(request.headers))
    except WebhookVerificationError:
        raise HTTPException(status_code=400, detail="bad")
    if event["type"] in ("user.created", "user.updated"):
        save(db, event["data"])
    return {"ok": True}
"#;
    let models = "class User(Base):\n    __tablename__ = 'users'\n    clerk_id = Column(String, unique=True)\n    email = Column(String)\n";
    assert_eq!(
        handlers(&[("app/hooks.py", fastapi), ("app/models.py", models)]),
        "hooks.py:12 Python verified hooks.py:15, deletion ignored, first e-mail hooks.py:7
  user.created Insert users hooks.py:9 unless found
  user.created Update a mapped row hooks.py:7
  user.updated Insert users hooks.py:9 unless found
  user.updated Update a mapped row hooks.py:7"
    );
    let flask = "# Clerk\nfrom flask import request, jsonify\n@app.route('/clerk', methods=['POST'])\ndef clerk():\n    event = request.get_json()\n    if event['type'] == 'user.created':\n        try:\n            cur.execute('insert into users (clerk_id) values (%s)', (event['data']['id'],))\n        except Exception as e:\n            print(e)\n    return jsonify({'ok': True}), 200\n";
    one("hooks.py", flask, "hooks.py:4 Python unverified, deletion ignored, Caught hooks.py:8\n  user.created Insert users hooks.py:8");
    let django = "# clerk\nimport json\nfrom svix.webhooks import Webhook\nclass Profile(models.Model):\n    clerk_id = models.CharField(max_length=64)\n@csrf_exempt\ndef hook(request):\n    event = Webhook(SECRET).verify(request.body, request.headers)\n    data = event['data']\n    if event['type'] == 'user.deleted':\n        Profile.objects.filter(clerk_id=data['id']).delete()\n    else:\n        Profile.objects.update_or_create(clerk_id=data['id'], defaults={'name': data['first_name']})\n    return HttpResponse(status=200)\n";
    let got = handlers(&[("hooks.py", django)]);
    assert!(got.starts_with("hooks.py:7 Python verified hooks.py:8\n") && got.contains("user.deleted Delete Profile hooks.py:11"), "{got}");
}

#[test]
fn what_is_no_handler_of_clerk_is_left_alone() {
    let resend = "import { Webhook } from 'svix';\nexport async function POST(req) { const e = new Webhook(s).verify(await req.text(), h); if (e.type === 'email.bounced') await db.insert(bounces).values(e.data); return new Response('') }\n";
    let client = "// Clerk sends user.created\nexport function Profile({ user }) { return user.created }\n";
    let helper = "// clerk\nexport async function handle(event) { if (event.type === 'user.created') { await db.insert(users).values({ id: event.data.id }) } }\n";
    let test = "// clerk\nit('works', async () => { await POST(new Request('x', { body: JSON.stringify({ type: 'user.created' }) })) })\n";
    for (path, source) in
        [("app/resend/route.ts", resend), ("components/profile.ts", client), ("lib/clerk.ts", helper), ("app/route.test.ts", test)]
    {
        assert_eq!(handlers(&[(path, source)]), "", "{path}");
    }
}

#[test]
fn a_verification_that_cannot_be_seen_is_not_denied() {
    let source = "import { guard } from '@acme/webhooks'; // clerk\nexport async function POST(req) {\n  await guard(req);\n  const event = await req.json();\n  if (event.type === 'user.created') await sql`insert into users (id) values (${event.data.id}) on conflict do nothing`;\n  return new Response('');\n}\n";
    one("app/route.js", source, "route.js:2 JavaScript unknown, deletion ignored\n  user.created Upsert users route.js:5");
    let hmac = "import crypto from 'crypto'; // clerk\nexport async function POST(req) {\n  const body = await req.text();\n  const sum = crypto.createHmac('sha256', secret).update(body).digest();\n  if (!crypto.timingSafeEqual(sum, Buffer.from(req.headers.get('svix-signature')))) return new Response('', { status: 401 });\n  const event = JSON.parse(body);\n  if (event.type === 'user.deleted') await sql`delete from users where id = ${event.data.id}`;\n  return new Response('');\n}\n";
    one("app/route.js", hmac, "route.js:2 JavaScript verified route.js:5\n  user.deleted Delete users route.js:7");
}

#[test]
fn a_program_asks_for_each_answer() {
    let source = "import { Webhook } from 'svix'; // clerk\nexport async function POST(req) {\n  const e = new Webhook(s).verify(await req.text(), h);\n  if (e.type === 'user.created') {\n    const { rows } = await pool.query('select id from users where clerk_id = $1', [e.data.id]);\n    if (rows.length === 0) await pool.query('insert into users (clerk_id) values ($1)', [e.data.id]);\n  }\n  return new Response('', { status: 201 });\n}\n";
    let folder = crate::testing::directory(&[("route.js", source)]);
    let place = Location { path: "route.js".into(), line: 2, column: 1 };
    let program = super::program(folder.path(), &place).unwrap();
    let event = SampleEvent { kind: "user.created".into(), person: 1, version: 1, email: None };
    let next = |answers: &[Answer]| match program.next(&event, answers) {
        Next::Runs(statement) => statement.sql.unwrap(),
        Next::Answers(status) => status.to_string(),
        Next::Unknown(why) => why,
    };
    assert_eq!(next(&[]), "select id from users where clerk_id = $1");
    assert_eq!(next(&[Answer::Rows(vec![])]), "insert into users (clerk_id) values ($1)");
    assert_eq!(next(&[Answer::Rows(vec!["{\"id\": 7}".into()])]), "201");
    assert_eq!(next(&[Answer::Rows(vec![]), Answer::Failed("23505".into())]), "500");
    assert_eq!(next(&[Answer::Rows(vec![]), Answer::Rows(vec![])]), "201");
}

#[test]
fn broken_handlers_end() {
    let head = "import { Webhook } from 'svix'; // clerk user.created\n";
    for tail in [
        "export async function POST(",
        "export const POST = async (r) => { while (true) { POST(r) } }",
        "export function POST(r) { return POST(r) }",
        "{{{",
        "export async function POST(r) { const e = new Webhook(s).verify(await r.text()); for (const x of e.data.email_addresses) { await x() } }",
    ] {
        let _ = handlers(&[("app/route.ts", &format!("{head}{tail}"))]);
    }
}
