import { verifyWebhook } from "@clerk/nextjs/webhooks";
import type { NextRequest } from "next/server";
import { dbAsServer } from "@/lib/db";

/** Keeps public.customers in step with Clerk. A failed write answers 500, so that Clerk sends the event again. */
export async function POST(request: NextRequest) {
  let event;
  try {
    event = await verifyWebhook(request);
  } catch {
    return new Response("bad signature", { status: 400 });
  }

  const db = dbAsServer();
  if (event.type === "user.created" || event.type === "user.updated") {
    const user = event.data;
    const primary = user.email_addresses.find((address) => address.id === user.primary_email_address_id);
    const { error } = await db.rpc("sync_customer", {
      p_clerk_user_id: user.id,
      p_email: primary?.email_address ?? null,
      p_full_name: [user.first_name, user.last_name].filter(Boolean).join(" ") || null,
      p_clerk_updated_at: new Date(user.updated_at).toISOString(),
    });
    if (error) return new Response("not stored", { status: 500 });
  }

  if (event.type === "user.deleted" && event.data.id) {
    // Upsert, not update: the deletion may arrive before the creation.
    const { error } = await db
      .from("customers")
      .upsert(
        { clerk_user_id: event.data.id, email: null, full_name: null, deleted_at: new Date().toISOString() },
        { onConflict: "clerk_user_id" },
      );
    if (error) return new Response("not stored", { status: 500 });
  }

  return new Response("ok");
}
