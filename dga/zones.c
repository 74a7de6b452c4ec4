/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/zones.h"

#include <endian.h>
#include <string.h>

/* The zones of n characters stand at [n], each behind its kind and before a blank, sorted. */
#define OF(text) \
	{ \
		text, sizeof text - 1 \
	}
static const struct {
	const char *all;
	size_t bytes;
} zones[] = {
	[4] = OF("+v.ua "),
	[5] = OF("+96.lt +cc.ua +co.ca +co.cc +co.cz +co.nl +co.no +co.nr +co.ua +co.vu +cu.cc "
		 "+cx.cc +cz.cc +dy.fi +pe.hu +pp.ua +rf.gd +rr.nu +uk.to +us.to +vv.cc +zz.mu "),
	[6] = OF("+ae.org +ar.com +ath.cx +biz.ua +br.com +cba.pl +cn.com +co.com +com.de "
		 "+com.se +de.com +esy.es +eu.com +eu.org +gb.net +hol.es +hu.com +hu.net "
		 "+in.net +it.com +jp.net +js.org +kr.com -lvh.me +msk.ru +msk.su +n4t.co "
		 "-nip.io +no.com +nov.ru +nov.su -now.sh +nut.cc -on.aws +qc.com -r2.dev "
		 "+ru.com +ru.net +sa.com +se.net +spb.ru +spb.su +uk.com +uk.net +us.com "
		 "+us.org +usa.cc +uy.com +x10.mx +yi.org +za.com +za.net +za.org "),
	[7] = OF("+25u.com -2o7.net +3-a.net +4dq.com +4pu.com -a2z.com +ddns.me +ddns.ms "
		 "+ddns.us +dns1.us +epac.to -fly.dev -gcdn.co +goip.de +h4ck.me +i234.me "
		 "+info.tm +jpn.com +line.pm -loca.lt +mex.com +mine.nu +myds.me +mypi.co "
		 "+noip.me +noip.us +ns01.us +ns02.us -qbox.me -repl.co -run.app +soon.it "
		 "+tcp4.me +ucoz.ru +undo.it +v6.army +v6.navy -web.app +x443.pw +xp3.biz "),
	[8] = OF("+16mb.com +2288.org +3322.net +3322.org +42web.io +6600.org +7766.org "
		 "+8800.org +8866.org +9966.org -akam.net -app.link +ddns.net +ddnss.de "
		 "+dedyn.io +dhcp.biz +dns.army +dns.navy +dyn53.io +dynu.com +dynu.net "
		 "+edns.biz +evils.in +ezua.com -fbxos.fr +ftp1.biz -gvt1.com -gvt2.com "
		 "-gvt3.com +hopto.me +ikwb.com +jkub.com -llnw.net +mooo.com +my03.com "
		 "+myz.info +narod.ru -ngrok.io +no-ip.ca +ns01.biz +ns02.biz +ns1.name "
		 "+ns2.name +ns3.name +ocry.com +otzo.com +qpoe.com +spdns.de +spdns.eu "
		 "-sslip.io +toh.info +tunk.org +ucoz.com +ucoz.net +ucoz.org +v6.rocks "
		 "+xxuz.com +xxxy.biz +ygto.com +zyns.com +zzux.com "),
	[9] = OF("-1e100.net +2waky.com -akstat.io -azure.com -azure.net -b-cdn.net -cdn77.com "
		 "-cdn77.net -cdn77.org -cdngc.net +dd-dns.de +ddns.info +ddns.mobi +ddns.name "
		 "+ddns5.com +ddnss.org +dns04.com +dns05.com +dnset.com +dnsfor.me +dnsrd.com "
		 "+dnsup.net -dnsv1.com +dsmtp.com +dumb1.com +dyndns.tv +dyndns.ws +dynns.com "
		 "+dynv6.net +dynvpn.de -edgio.net +epizy.com +esmtp.biz +f3322.net +f3322.org "
		 "-fbcdn.net -fbsbx.com +flnet.org -ggpht.com +giize.com +github.io +gitlab.io "
		 "-gitpod.io -glitch.me +gotdns.ch +hicam.net +hopto.org -hwcdn.net +jetos.com "
		 "+kozow.com -kxcdn.com -lldns.net -llnwd.net -llnwi.net +my-wan.de +myftp.biz "
		 "+myftp.org +mypsx.net +myvnc.com +mywww.biz -ngrok.app -ngrok.dev +ninth.biz "
		 "+no-ip.biz +no-ip.net +no-ip.org +ns01.info +ns02.info +ntdll.top +onmypc.us "
		 "+ooguy.com +ownip.net +p-host.in -pages.dev +punked.us +qhigh.com -scw.cloud "
		 "+sixth.biz +slyip.com +spdns.org +sytes.net +tftpd.net -ttvnw.net -ui.direct "
		 "+webhop.me -wsdvs.com +wuaze.com +x24hr.com +xxxy.info +zapto.org +zapto.xyz "),
	[10] = OF("+001www.com -akadns.net -akamai.net -alicdn.com -awswaf.com +b0tnet.com "
		  "-bcebos.com -bdydns.com +camdvr.org -cdntip.com +cloudns.be +cloudns.cc "
		  "+cloudns.ch +cloudns.cl +cloudns.cx +cloudns.eu +cloudns.in +cloudns.nz "
		  "+cloudns.ph +cloudns.pw +cloudns.us -demdex.net +dnshome.de +dnsking.ch "
		  "+draydns.de +dscloud.me +dvrdns.org +dyn-vpn.de +dyndns.biz +dyndns.org "
		  "+dyndns1.de +dynssl.com +effers.com -eloqua.com +etowns.net +fartit.com "
		  "-fastly.net -github.dev +gleeze.com +golffan.us +gotdns.com +gotdns.org "
		  "+homeip.net +hostei.com +hostzi.com +itemdb.com +itsaol.com -ks-cdn.com "
		  "+lflink.com +linkpc.net +loginto.me +mlbfan.org +mmafan.biz +mrface.com "
		  "-msecnd.net -msedge.net +myddns.com +myftp.info +myftp.name +mylftv.com "
		  "+mymom.info +mypop3.net +mypop3.org +mywire.org +nflfan.org -nflxso.net "
		  "+nhlfan.net +no-ip.info -office.net -omtrdc.net -onelink.me +onmypc.biz "
		  "+onmypc.net +onmypc.org +pgafan.net -phncdn.com +pointto.us +port25.biz "
		  "-pstatp.com -replit.app -replit.dev +selfip.biz +selfip.com +selfip.net "
		  "+selfip.org -serveo.net +sexxxy.biz +ssl443.org +suroot.com +syno-ds.de "
		  "-telebit.io +tripod.com +ufcfan.org -vercel.app +vizvaz.com +vpndns.net "
		  "+webhop.biz +webhop.net +webhop.org +wikaba.com -wscdns.com +wwwhost.us "
		  "-xhscdn.com -yximgs.com "),
	[11] = OF("-aaplimg.com +acmetoy.com -adobedc.net +allowed.org -appspot.com -azurefd.net "
		  "+blogdns.com +blogdns.net +blogdns.org +bplaced.net +brasilia.me +casacam.net "
		  "-cdnvideo.ru -cedexis.net +changeip.co +changeip.us -clouddn.com +cloudns.biz "
		  "+cloudns.org +cloudns.pro +compress.to +dns-dns.com +dnsdojo.com +dnsdojo.net "
		  "+dnsdojo.org +doomdns.com +doomdns.org +dray-dns.de +dscloud.biz +dsmynas.com "
		  "+dsmynas.net +dsmynas.org +duckdns.org +dvrcam.info +dyn-ip24.de +dyndns.info "
		  "+dynserv.com +dynserv.org -edgekey.net +faqserv.com +forumz.info +freeddns.us "
		  "+freetcp.com +freevar.com +freewww.biz +getmyip.com +gr8name.biz +homedns.org "
		  "+homeftp.net +homeftp.org +homenet.org +mefound.com +merseine.nu +mrbasic.com "
		  "+mrbonus.com +mrslove.com +my-vigor.de +mydrobo.com -myfritz.net +mynetav.net "
		  "+mynetav.org +nerdpol.ovh -netlify.app +no-ip.co.uk +now-dns.net +now-dns.org "
		  "+now-dns.top +onedumb.com +onmypc.info -plex.direct +podzone.net +podzone.org "
		  "-rackcdn.com -railway.app +selfhost.bz +selfhost.de +selfhost.eu +selfip.info "
		  "+shacknet.nu -supabase.co +synology.me -tbcache.com +trickip.net +trickip.org "
		  "-upaiyun.com +viewdns.net +webhop.info -windows.net -workers.dev +wwwhost.biz "
		  "+x10host.com "),
	[12] = OF("-akamaihd.net -aliyuncs.com +almostmy.com +asuscomm.com +bigmoney.biz "
		  "+blogsite.org +blogsite.xyz +blogspot.com +blogsyte.com +bounceme.net "
		  "+byethost.com -bytefcdn.com -cachefly.net +changeip.biz +changeip.net "
		  "+changeip.org +cleansite.us -cloudapp.net +cloudns.asia +cloudns.club "
		  "+cloudns.info +crafting.xyz +darktech.org +ddnsfree.com +ddnsgeek.com "
		  "+ddnsking.com +ddnslive.com +deaftone.com +dnsalias.com +dnsalias.net "
		  "+dnsalias.org +drayddns.com +dscloud.mobi +dynalias.com +dynalias.net "
		  "+dynalias.org +familyds.com +familyds.net +familyds.org -fastlylb.net "
		  "-freeboxos.fr +freeddns.com +freeddns.org +freemyip.com +freewww.info "
		  "+ftpaccess.cc +got-game.org +homeunix.com +homeunix.net +homeunix.org "
		  "+https443.net +https443.org -ibyteimg.com -incapdns.net +iownyour.biz "
		  "+iownyour.org +isa-geek.com +isa-geek.net +isa-geek.org -jsdelivr.net "
		  "+justdied.com -ksyuncdn.com -kunlunaq.com -kunlunar.com -kunlunca.com "
		  "-kunlunea.com -kunlunle.com -kunlunli.com -kunlunpi.com -kunlunsl.com "
		  "-kunlunta.com -kunlunwe.com +lflinkup.com +lflinkup.net +lflinkup.org "
		  "-mktoresp.com +my-router.de +myddns.rocks +myeffect.net +myiphost.com "
		  "+mynumber.org -myqcloud.com -onrender.com +ourhobby.com +prohosts.org "
		  "+proxydns.com +publicvm.com -qiniucdn.com -qiniudns.com -queniubg.com "
		  "-quiccloud.io -remotewd.com +sendsmtp.com +servebbs.com +servebbs.net "
		  "+servebbs.org +serveftp.com +serveftp.net +serveftp.org +serveirc.com "
		  "+servemp3.com +servep2p.com +sexidude.com +soundcast.me +squirly.info "
		  "+ssmailer.com +thruhere.net -tlivecdn.com +yourtrap.com -zenlayer.net "),
	[13] = OF("+4mydomain.com +accesscam.org -akamaized.net -alikunlun.com -alikunlun.net "
		  "-amazonaws.com -apple-dns.net -aspnetcdn.com -awsdns-cn.com -azure-api.net "
		  "-azure-dns.com -azureedge.net +byethost7.com -cdn-apple.com +cleansite.biz "
		  "+crabdance.com +dlinkddns.com +dnsupdater.de +dontexist.com +dontexist.net "
		  "+dontexist.org +dynathome.net +dyndns-ip.com -edgesuite.net -footprint.net "
		  "-freebox-os.fr -freeboxos.com +ftpserver.biz +game-host.org +gettrials.com "
		  "+gr8domain.biz +heliohost.org -herokuapp.com -herokudns.com -herokussl.com "
		  "+homelinux.com +homelinux.net +homelinux.org +instanthq.com +is-a-chef.com "
		  "+is-a-chef.net +is-a-chef.org +is-a-geek.com +is-a-geek.net +is-a-geek.org "
		  "+isasecret.com +kicks-ass.net +kicks-ass.org -kinstacdn.com -kunluncan.com "
		  "-kunlunhuf.com +longmusic.com +mein-vigor.de +moneyhome.biz +my-gateway.de "
		  "+myasustor.com +mydissent.net +mymediapc.net -mynetname.net -myshopify.com "
		  "+neocities.org -nflxvideo.net +nsupdate.info +onthewifi.com -oraclevcn.com "
		  "+servebeer.com +serveblog.net +servegame.com +servegame.org +servehttp.com "
		  "+servepics.com +serveuser.com +strangled.net -streamlit.app -tencentcos.cn "
		  "+theworkpc.com -tiktokcdn.com +tplinkdns.com -ttlivecdn.com -wasabisys.com "
		  "+worse-than.tv "),
	[14] = OF("+3utilities.com -akamaiedge.net -akamaitech.net -alibabadns.com "
		  "+altervista.org -amplifyapp.com +atwebpages.com +awardspace.biz "
		  "+awardspace.com +awardspace.net -cdnetworks.net -chinacache.net "
		  "+ciscofreak.com +cleansite.info -cloudflare.net -cloudfront.net "
		  "-cloudinary.com +collegefan.org +damnserver.com +diskstation.eu "
		  "+diskstation.me +dnsiskinky.com +dnsupdate.info +dyn-o-saur.com "
		  "+dynamicdns.biz +dyndns-web.com -firebaseio.com -freebox-os.com "
		  "+freehostia.com +game-server.cc +geekgalaxy.com +great-site.net "
		  "+hobby-site.com +hobby-site.org +ignorelist.com -impervadns.net "
		  "-live-video.net +loseyourip.com -msidentity.com +mycloudnas.com "
		  "+myfirewall.org +mypicture.info +net-freaks.com -netdna-cdn.com "
		  "-netdna-ssl.com -ngrok-free.app -ngrok-free.dev +pcanywhere.net "
		  "+point2this.com +privatedns.org +quicksytes.com +read-books.org "
		  "+redirectme.net +servequake.com +serveusers.com -sl-reverse.com "
		  "-swiftserve.com +synology-ds.de -tencentcdb.com +toythieves.com "
		  "-translate.goog -wscloudcdn.com "),
	[15] = OF("-alicloudapi.com -appdomain.cloud +awardspace.info -byteoversea.net "
		  "+cable-modem.org +diskstation.org +ditchyourip.com +doesntexist.com "
		  "+doesntexist.org +dynamic-dns.net +dyndns-blog.com +dyndns-free.com "
		  "+dyndns-home.com +dyndns-mail.com +dyndns-pics.com +dyndns-wiki.com "
		  "+dyndns-work.com -edgecastcdn.net -firebaseapp.com -googlevideo.com "
		  "+jumpingcrab.com +jungleheart.com +my-firewall.org +myqnapcloud.com "
		  "-onmicrosoft.com -oraclecloud.com +organiccrap.com -pantheonsite.io "
		  "+raspberryip.com +rebatesrule.net +servehumour.com +stufftoread.com "
		  "-volcfcdndvs.com +webredirect.org +youdontcare.com "),
	[16] = OF("-akamaistream.net -amazonaws.com.cn +authorizeddns.us -awsapprunner.com "
		  "-azure-mobile.net +bumbleshrimp.com -cdninstagram.com +dynamicdns.co.uk "
		  "+dynamicdns.me.uk +fantasyleague.cc +ham-radio-op.net +myhome-server.de "
		  "-myhuaweicloud.cn -pacloudflare.com +sellclassics.com +servesarcasm.com "
		  "-stackpathcdn.com -stackpathdns.com -tiktokcdn-eu.com -tiktokcdn-us.com "
		  "+workisboring.com "),
	[17] = OF("+000webhostapp.com -amazoncognito.com +authorizeddns.net +authorizeddns.org "
		  "-azure-devices.net -azurewebsites.net +chickenkiller.com +dynamicdns.org.uk "
		  "+dyndns-office.com +dyndns-remote.com +dyndns-server.com +endofinternet.net "
		  "+endofinternet.org -githubpreview.dev +home-webserver.de +ilovecollege.info "
		  "+mygamesonline.org -myhuaweicloud.com +office-on-the.net +onlinewebshop.net "
		  "+scrapper-site.net +serveexchange.com +servehalflife.com -tencent-cloud.com "
		  "-tencent-cloud.net -trycloudflare.com +unusualperson.com "),
	[18] = OF("-chinanetcenter.com -cloudfunctions.net +dyndns-at-home.com "
		  "+dyndns-at-work.com +eating-organic.net +freedynamicdns.net "
		  "+freedynamicdns.org +homesecuritypc.com -icloud-content.com "
		  "+mysecondarydns.com -ondigitalocean.app +serveminecraft.net "
		  "+sportsontheweb.net -trafficmanager.net +writesthisblog.com "),
	[19] = OF("-azurestaticapps.net +firewall-gateway.de +homesecuritymac.com "
		  "+infinityfreeapp.com +scienceontheweb.net +securitytactics.com "
		  "+twilightparadox.com "),
	[20] = OF("-bytefcdn-oversea.com +couchpotatofries.org -elasticbeanstalk.com "
		  "+endoftheinternet.org +firewall-gateway.com +firewall-gateway.net "
		  "+mysecuritycamera.com +mysecuritycamera.net +mysecuritycamera.org "),
	[21] = OF("-akamaized-staging.net -cloudflarestorage.com -googleusercontent.com "
		  "+health-carereform.com +myactivedirectory.com "),
	[22] = OF("-akamaitechnologies.com +americanunfinished.com -digitaloceanspaces.com "
		  "+servecounterstrike.com "),
	[23] = OF("+synology-diskstation.de "),
	[24] = OF("-awsglobalaccelerator.com "),
	[28] = OF("+privatizehealthinsurance.net "),
};

const char *zones_of(size_t len)
{
	const char *all = len < sizeof zones / sizeof *zones ? zones[len].all : NULL;
	return all ? all : "";
}

/* So that the first four characters are in order as numbers are. */
static uint32_t four(const void *text)
{
	uint32_t v;
	memcpy(&v, text, sizeof v);
	return be32toh(v);
}

enum zones_kind zones_find(const uint8_t *text, size_t len)
{
	if (len < ZONES_TEXT_MIN || len >= sizeof zones / sizeof *zones || !zones[len].all)
		return ZONES_NONE;
	const char *all = zones[len].all;
	size_t width = len + 2, at = 0;
	uint32_t wanted = four(text);
	/* The last one that does not begin with more, found without a branch that nobody could foretell. */
	for (size_t n = zones[len].bytes / width; n > 1; n -= n / 2) {
		size_t middle = at + n / 2;
		at = four(all + middle * width + 1) <= wanted ? middle : at;
	}
	/* Nearly all that are asked for are none, and begin as no zone does. */
	for (const char *zone = all + at * width + 1; four(zone) == wanted; zone -= width) {
		if (!memcmp(text + 4, zone + 4, len - 4))
			return (enum zones_kind)zone[-1];
		if (!at--)
			break;
	}
	return ZONES_NONE;
}
