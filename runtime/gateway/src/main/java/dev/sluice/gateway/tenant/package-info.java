/**
 * Who may use the gateway: tenant files watched and kept, keys looked up, quotas held, cache salts made. It knows nothing of pools
 * or connections; a request asks it once who its caller is.
 */
@NullMarked
package dev.sluice.gateway.tenant;

import org.jspecify.annotations.NullMarked;
