/**
 * What an engine answers: whether it ended honestly, what it cost, and our own errors in each client's shape. Bytes in,
 * bytes out; no sockets and no threads.
 */
@NullMarked
package dev.sluice.gateway.stream;

import org.jspecify.annotations.NullMarked;
