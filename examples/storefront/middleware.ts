import { clerkMiddleware } from "@clerk/nextjs/server";

export default clerkMiddleware();

export const config = {
  matcher: ["/((?!_next|.*\\.(?:css|js|svg|png|webp|ico)$).*)", "/api/(.*)"],
};
