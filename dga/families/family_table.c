/* SPDX-License-Identifier: BSD-2-Clause
 * The list of generators: a line a variant, in the order of their names.
 */
#include "dga/families/families.h"

#include <string.h>

static const struct family *const table[] = {
	&banjori_v1,
	&ccleaner_v1,
	&chinad_v1,
	&dmsniff_v1,
	&dnschanger_v1,
	&enviserv_v1,
	&fobber_v1,
	&fobber_v2,
	&fosniw_v1,
	&kraken_v1,
	&kraken_v2,
	&locky_v2,
	&locky_v3,
	&m0yv_time_dependent,
	&m0yv_time_independent,
	&monerodownloader_v1,
	&murofet_v1,
	&murofet_v2,
	&murofet_v3,
	&necurs_v1,
	&newgoz_v1,
	&nymaim_v1,
	&orchard_blockchain,
	&orchard_date,
	&padcrypt_2_2_86_1,
	&padcrypt_2_2_97_0,
	&pushdo_com_v1,
	&pushdo_kz_v1,
	&pushdo_kz_v2,
	&pushdo_kz_v3,
	&pykspa_improved,
	&pykspa_precursor,
	&qadars_v1,
	&qakbot_v1,
	&ramdo_v1,
	&ramnit_classic,
	&ramnit_script_default,
	&reconyc_v1,
	&shiotob_v1,
	&symmi_v1,
	&tempedreve_v1,
	&tinba_v1,
	&tufik_v1,
	&unnamed_downloader_v1,
	&vawtrak_v1,
	&vawtrak_v2,
	&vawtrak_v3,
	&vidro_v1,
};

const struct family *family_at(size_t i)
{
	return i < sizeof table / sizeof *table ? table[i] : NULL;
}

const struct family *family_find(const char *name, const char *variant)
{
	const struct family *f;
	for (size_t i = 0; (f = family_at(i)) != NULL; i++)
		if (!strcmp(f->name, name) && !strcmp(f->variant, variant))
			return f;
	return NULL;
}
