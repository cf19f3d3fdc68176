import { dbAsCustomer, dbAsServer } from "@/lib/db";

/** The latest orders of the signed-in customer, newest first. */
export async function myOrders(limit = 20) {
  const { data, error } = await dbAsCustomer()
    .from("orders")
    .select("id, status, placed_at, total_cents, order_items(quantity, unit_price_cents, product_variants(sku, option_name))")
    .order("placed_at", { ascending: false })
    .limit(limit);
  if (error) throw error;
  return data;
}

/** How often a variant was sold: the question behind the "bestseller" badge. */
export async function timesSold(variantId: number) {
  const { count, error } = await dbAsServer()
    .from("order_items")
    .select("id", { count: "exact", head: true })
    .eq("variant_id", variantId);
  if (error) throw error;
  return count ?? 0;
}
