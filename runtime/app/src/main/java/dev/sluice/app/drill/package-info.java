/**
 * {@code ./sluice drill}: breaks gateways and engines on purpose, in processes and on sockets, and counts what clients saw of it.
 * Clients, the front, and most engines live in the drill's own process; gateways are processes of their own, started as a user starts
 * them.
 */
@NullMarked
package dev.sluice.app.drill;

import org.jspecify.annotations.NullMarked;
