@NullMarked
package dev.sluice.knative;

import org.jspecify.annotations.NullMarked;
