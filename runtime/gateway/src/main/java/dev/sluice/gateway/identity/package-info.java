/** Who sends a token: signatures, issuers' keys, and what is claimed. Nothing here knows of tenants. */
@NullMarked
package dev.sluice.gateway.identity;

import org.jspecify.annotations.NullMarked;
