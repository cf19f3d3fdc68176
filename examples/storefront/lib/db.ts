import { auth } from "@clerk/nextjs/server";
import { createClient } from "@supabase/supabase-js";

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

/** As the signed-in customer: row level security applies. */
export function dbAsCustomer() {
  return createClient(setting("NEXT_PUBLIC_SUPABASE_URL"), setting("NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY"), {
    accessToken: async () => (await auth()).getToken(),
  });
}

/** As the server: bypasses row level security. Only for webhooks and checkout. */
export function dbAsServer() {
  return createClient(setting("NEXT_PUBLIC_SUPABASE_URL"), setting("SUPABASE_SECRET_KEY"), {
    auth: { persistSession: false, autoRefreshToken: false },
  });
}
