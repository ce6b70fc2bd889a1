/** Finds endpoints in Kubernetes, wakes Knative revisions, and says which rights it lacks. */
@NullMarked
package dev.sluice.knative;

import org.jspecify.annotations.NullMarked;
