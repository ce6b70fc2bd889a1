/** The built-in plugins. They see the SPI and nothing else, like anyone's jar. */
@NullMarked
package dev.sluice.plugins;

import org.jspecify.annotations.NullMarked;
