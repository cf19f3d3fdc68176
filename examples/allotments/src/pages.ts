import { database } from "./database";

/** The start page: every plot that the view gives. */
export async function plots() {
  return database.from("plot_overview").select("number, square_metres, tenant_name").order("number");
}

/** The board's page of applicants. */
export async function applicants(society: string) {
  return database.from("waiting_list").select("applicant_name, applicant_email, applied_on").eq("society_id", society);
}

/** What the user still owes. */
export async function openDues() {
  return database.from("dues").select("year, cents").is("paid_at", null);
}

/** Saves what the profile page's form holds. */
export async function saveProfile(id: string, form: { display_name: string; phone: string | null }) {
  return database.from("profiles").update(form).eq("id", id);
}

/** Adds a photo to the gardener's own folder. */
export async function addPhoto(user: string, file: File) {
  return database.storage.from("plot-photos").upload(`${user}/${file.name}`, file);
}
