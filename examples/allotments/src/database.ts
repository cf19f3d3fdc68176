import { createClient } from "@supabase/supabase-js";

/** As whoever is signed in: row level security applies. */
export const database = createClient(import.meta.env.VITE_SUPABASE_URL, import.meta.env.VITE_SUPABASE_PUBLISHABLE_KEY);
