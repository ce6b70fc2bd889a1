@NullMarked
package dev.sluice.gateway.extproc;

import org.jspecify.annotations.NullMarked;
