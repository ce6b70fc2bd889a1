/** The body: listener, relay, upstream calls, admin, config files. */
@NullMarked
package dev.sluice.gateway;

import org.jspecify.annotations.NullMarked;
