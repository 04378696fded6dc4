/* A library's symbols are its own business: exporting one only repeats its declaration. */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

#define EXPORT_SYMBOL(symbol) extern __typeof__(symbol) symbol

#endif
