/** Carries what replicas of one gateway share, over JGroups. Everything that goes out is sealed with a key that all of them have. */
@NullMarked
package dev.sluice.peers;

import org.jspecify.annotations.NullMarked;
