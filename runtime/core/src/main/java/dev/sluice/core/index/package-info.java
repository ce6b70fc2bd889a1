/** Which endpoint probably holds which part of a prompt: block hashes of prompts, and the index of where they were sent. */
@NullMarked
package dev.sluice.core.index;

import org.jspecify.annotations.NullMarked;
