/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/err.h"

#include <stdio.h>
#include <string.h>

const char *err_string(int code)
{
	switch (code) {
	case CEN_EFORMAT:
		return "malformed";
	case CEN_ERANGE:
		return "out of range";
	case CEN_ECORRUPT:
		return "damaged";
	case CEN_EVERSION:
		return "written by a newer version";
	case CEN_ELIMIT:
		return "a limit was reached";
	case CEN_ELOCKED:
		return "in use by another process";
	case CEN_EREFUSED:
		return "refused";
	case CEN_ENOTFOUND:
		return "not found";
	case CEN_ESTALE:
		return "changed meanwhile";
	case CEN_ELIB:
		return "a library failed";
	default:
		return code < 0 ? strerror(-code) : "success";
	}
}

int err_set(struct err *e, int code, const char *format, ...)
{
	if (e) {
		va_list ap;
		va_start(ap, format);
		vsnprintf(e->text, sizeof e->text, format, ap);
		va_end(ap);
	}
	return code;
}
