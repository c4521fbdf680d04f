// SPDX-License-Identifier: Apache-2.0
// Empty: it only gives the precompiled header of the tests a target to live in.
