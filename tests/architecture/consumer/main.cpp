// SPDX-License-Identifier: Apache-2.0
int use_aimdb();

int main() { return use_aimdb(); }
