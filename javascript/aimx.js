// SPDX-License-Identifier: Apache-2.0
//
// AimX client for browsers and Node: the one module a program imports. What is
// promised is written in README.md, the types are in aimx.d.ts.
export { Client } from "./client.js";
export { AimxError } from "./errors.js";
export { isPattern, matchesPattern } from "./pattern.js";
export { Subscription } from "./subscription.js";
