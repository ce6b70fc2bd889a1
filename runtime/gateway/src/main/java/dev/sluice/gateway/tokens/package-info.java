/**
 * Exact token ids of prompts, as the engines' own tokenizer makes them: asked over HTTP, within bounds, and remembered. Knows
 * nothing of pools and decisions.
 */
@NullMarked
package dev.sluice.gateway.tokens;

import org.jspecify.annotations.NullMarked;
