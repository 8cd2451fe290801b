/** Imported first: the token must have left the address before the state modules read it. */
import { logIn } from "./token.ts";

logIn();
