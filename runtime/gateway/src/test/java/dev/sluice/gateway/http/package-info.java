/** Tests of the hot path's HTTP, with real sockets on port 0. */
@NullMarked
package dev.sluice.gateway.http;

import org.jspecify.annotations.NullMarked;
