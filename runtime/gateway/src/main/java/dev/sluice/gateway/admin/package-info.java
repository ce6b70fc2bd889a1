/** The admin port: metrics, health, what the gateway knows and why it decided as it did. */
@NullMarked
package dev.sluice.gateway.admin;

import org.jspecify.annotations.NullMarked;
