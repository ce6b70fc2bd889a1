/**
 * What connectors are told of a request and what their legs do to it: a client's body becomes those of two engines. Pure; the
 * exchanges themselves are in the package above.
 */
@NullMarked
package dev.sluice.gateway.handover;

import org.jspecify.annotations.NullMarked;
