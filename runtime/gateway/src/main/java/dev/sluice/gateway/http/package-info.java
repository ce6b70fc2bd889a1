/**
 * HTTP/1.1 on the hot routes: the one place that owns bytes on a socket. It knows nothing of the rest of Sluice.
 *
 * <p>A request's logic is plain blocking code on a virtual thread, which a {@link dev.sluice.gateway.http.Loop} mounts on its
 * own thread; the same loop does what merely waits: reads for parked threads, relays streams, notices clients that leave and
 * keeps every time limit.
 */
@NullMarked
package dev.sluice.gateway.http;

import org.jspecify.annotations.NullMarked;
