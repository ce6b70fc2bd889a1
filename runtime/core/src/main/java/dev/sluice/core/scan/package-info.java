/**
 * Request bodies as bytes: one strict pass over them, what it found, and the edits that the gateway declares. Nothing is
 * ever re-serialised.
 */
@NullMarked
package dev.sluice.core.scan;

import org.jspecify.annotations.NullMarked;
